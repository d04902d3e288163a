"""Tests of certdoctor.store."""
