"""Exports: rows of a report as files in a bucket, whatever their number."""
