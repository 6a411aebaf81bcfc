"""Operation of a planned network: availability, key stores, money, staff, failures one by one."""
