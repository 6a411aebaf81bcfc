"""Tests, one file per subject; what several share is in the files without `test_`."""
