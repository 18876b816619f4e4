// The tests of the network begin here.

