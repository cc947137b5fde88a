"""The attribution engine: NumPy and the standard library, nothing of AWS.

Two faces over one registry of models (`engine.models`):

- `engine.single.credits_of(model, touches, settings)`: the exact credits of one conversion, which
  its decision row records. Imports no NumPy.
- `engine.fit.fit(paths, models)`: journeys in the aggregate, from counted paths; it gives the
  credits per channel of every model with removal effects, the chain's probability, its
  transitions and the top paths. Counts are additive tables (`engine.tables.CountTable`), so days
  merge, and adding or taking back a journey is a small update.
"""
