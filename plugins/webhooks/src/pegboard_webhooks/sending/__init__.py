"""Events that go out: kept with the change that they tell of, signed, and sent by jobs until they have arrived."""
