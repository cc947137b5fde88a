"""What people may ask for: to be forgotten everywhere, and that whoever was told hears of it."""
