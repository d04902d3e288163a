"""Tests of certdoctor.casework."""
