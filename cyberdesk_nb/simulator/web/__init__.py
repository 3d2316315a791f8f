"""What every route of the simulator shares: keys, errors, paging, includes, signed links."""
