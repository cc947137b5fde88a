"""What every room stands on: ids, money, clock, errors and reasons. Standard library only."""
