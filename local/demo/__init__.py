"""`make demo`: the whole product in one go, on real journeys, through the public HTTP API only."""
