"""What Touchline remembers: touches, links of identities, conversions, quarantined requests."""
