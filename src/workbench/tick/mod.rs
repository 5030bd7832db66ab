//! TICKscript, as much of it as says what a node is given. Knows no functions, but for what they say they take.
