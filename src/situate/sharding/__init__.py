"""Work cut into parts that several processes do; the result never depends on how many there are."""
