"""What Touchline is told: accounts, events, campaigns, partners, endpoints and tokens."""
