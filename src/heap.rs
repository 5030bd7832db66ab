//! What memory on the heap takes, as near as it can be known: `maxBytes` is about the machine's memory, not
//! about the lengths of things.

use thin_vec::ThinVec;

/// Bytes the allocator uses for a block of `bytes`, as glibc's and most others do on 64 bits: a header of
/// eight, a multiple of sixteen, at least 32. Nothing for no bytes, which is no block.
#[inline]
pub(crate) fn block(bytes: usize) -> usize {
    const SMALLEST: usize = 32;
    if bytes == 0 { 0 } else { (bytes + 8).next_multiple_of(16).max(SMALLEST) }
}

/// Bytes a `Box<T>` holds, without what `T` holds.
#[inline]
pub(crate) fn boxed<T>() -> usize {
    block(size_of::<T>())
}

/// Bytes a vector holds whose length and capacity stand in the block too.
#[inline]
pub(crate) fn thin<T>(vector: &ThinVec<T>) -> usize {
    const HEADER: usize = 16;
    let capacity = vector.capacity();
    if capacity == 0 { 0 } else { block(HEADER + capacity * size_of::<T>()) }
}
