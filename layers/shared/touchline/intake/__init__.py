"""Intake: whatever a partner, a back end or a site sends becomes a stored row and a true answer."""
