"""The night: the function that EventBridge starts at midnight, and that big nights fan out to."""
