"""The night: what was received is decided, what was decided is rolled up, checked and published.

plan → steps (shards of the day's changes and of its links) → publish. Every step leaves a
checkpoint, decides from data alone and overwrites its own rows, so any of them may be repeated.
"""
