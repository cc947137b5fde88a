"""Exports: rows of a report into files of a bucket."""
