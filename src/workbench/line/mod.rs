//! Line protocol: from text to what a point is made of, and from points to text. Knows no sockets and no functions.
