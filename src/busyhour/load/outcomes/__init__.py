"""How contacts end: contact events, DescribeContact, StopContact."""
