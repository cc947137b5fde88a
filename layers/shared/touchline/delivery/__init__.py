"""Telling partners and back ends: postbacks and webhooks, at least once, to safe addresses."""
