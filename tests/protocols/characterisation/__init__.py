"""Tests of estimates out of counts."""
