//! Comparing short byte strings, names and ids, without a call: nearly all of them fit into two words.

/// The first eight bytes, or all of fewer: equal for equal strings, and different for most others.
#[inline]
pub(super) fn head(bytes: &[u8]) -> u64 {
    if let Some(first) = bytes.first_chunk::<8>() {
        return u64::from_le_bytes(*first);
    }
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        // Of four to seven bytes these two overlap.
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32
        }
        _ => match *bytes {
            [a, b, c] => u64::from(u32::from_le_bytes([a, b, c, 3])),
            [a, b] => u64::from(u32::from_le_bytes([a, b, 0, 2])),
            [a] => u64::from(u32::from_le_bytes([a, 0, 0, 1])),
            _ => 0,
        },
    }
}

/// Whether two strings are equal.
#[inline]
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    match a.len() {
        0..=8 => head(a) == head(b),
        9..=16 => head(a) == head(b) && a.last_chunk::<8>() == b.last_chunk::<8>(),
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_the_same_if_all_their_bytes_are() {
        for length in 0..40usize {
            let text: Vec<u8> = (0..length).map(|byte| u8::try_from(byte).unwrap()).collect();
            assert!(same(&text, &text.clone()), "{length}");
            for at in 0..length {
                let mut other = text.clone();
                other[at] ^= 0x80;
                assert!(!same(&text, &other), "{length} {at}");
            }
            let longer = [&text[..], &[0]].concat();
            assert!(!same(&text, &longer) && !same(&longer, &text), "{length}");
        }
    }
}
