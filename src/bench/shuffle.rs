//! Orders that are random and the same in every run, calculated place by place: nothing is kept, whatever
//! the count.

/// An odd number with nothing regular about its bits.
pub(super) const SCATTER: u64 = 0x9e37_79b9_7f4a_7c15;

const FIRST: u64 = 0xd6e8_feb8_6659_fd93;
const SECOND: u64 = 0xa5a3_5645_1c7d_8b4b;

/// Where `place` of `count` comes to lie: each at another place, by an order that `seed` gives.
#[inline]
pub(super) fn shuffled(place: u64, count: u64, seed: u64) -> u64 {
    let Mix { mask, shift, seed } = Mix::new(count, seed);
    let mut place = place;
    loop {
        // Each line maps the numbers up to the mask onto themselves.
        place = place.wrapping_add(seed >> 7) & mask;
        place = place.wrapping_mul(FIRST) & mask;
        place ^= place >> shift;
        place = place.wrapping_add(seed >> 31).wrapping_mul(SECOND) & mask;
        place ^= place >> shift;
        // One beyond the count is sent on until it falls below: that, too, gives each another place.
        if place < count {
            return place;
        }
    }
}

/// Which place came to lie here.
#[inline]
pub(super) fn unshuffled(place: u64, count: u64, seed: u64) -> u64 {
    const UNDO_FIRST: u64 = inverse(FIRST);
    const UNDO_SECOND: u64 = inverse(SECOND);
    let Mix { mask, shift, seed } = Mix::new(count, seed);
    let mut place = place;
    loop {
        place = unfold(place, shift);
        place = place.wrapping_mul(UNDO_SECOND).wrapping_sub(seed >> 31) & mask;
        place = unfold(place, shift);
        place = place.wrapping_mul(UNDO_FIRST) & mask;
        place = place.wrapping_sub(seed >> 7) & mask;
        if place < count {
            return place;
        }
    }
}

/// What takes a multiplication by an odd number back, modulo 2^64.
pub(super) const fn inverse(odd: u64) -> u64 {
    let mut inverse = odd;
    let mut right_bits = 3;
    // Newton: each step doubles the bits that are right.
    while right_bits < 64 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(inverse)));
        right_bits *= 2;
    }
    inverse
}

struct Mix {
    mask: u64,
    shift: u32,
    seed: u64,
}

impl Mix {
    #[inline]
    fn new(count: u64, seed: u64) -> Self {
        let mask = count.next_power_of_two() - 1;
        let shift = (mask.count_ones() / 2).max(1);
        Self { mask, shift, seed: seed.wrapping_add(1).wrapping_mul(SCATTER) }
    }
}

/// Takes `x ^= x >> shift` back.
#[inline]
fn unfold(folded: u64, shift: u32) -> u64 {
    let mut number = folded;
    let mut known = shift;
    while known < u64::BITS {
        number = folded ^ number >> shift;
        known += shift;
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_comes_to_another_place_and_back() {
        for count in [1, 2, 3, 5, 8, 100, 1000, 1025] {
            for seed in [0, 1, 77, u64::MAX] {
                let mut taken = vec![false; usize::try_from(count).unwrap()];
                for place in 0..count {
                    let to = shuffled(place, count, seed);
                    assert!(!std::mem::replace(&mut taken[usize::try_from(to).unwrap()], true));
                    assert_eq!(unshuffled(to, count, seed), place, "{count} {seed}");
                }
            }
        }
    }
}
