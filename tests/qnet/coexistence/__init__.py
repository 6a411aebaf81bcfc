"""Tests of noise light on fibres that quantum and classical channels share."""
