"""What Touchline remembers: touches, links between identities, conversions, quarantined requests."""
