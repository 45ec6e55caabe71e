//! Sorting of short lists. Each use of the standard library's sorts adds some 5 KB of WASM to the page; the lists that
//! it sorts hold methods, lengths and points, never more than some hundreds.

use std::cmp::Ordering;

/// Sorts by insertion; equal items keep their order.
pub fn sort_by<T>(list: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    for end in 1..list.len() {
        let mut at = end;
        while at > 0 && compare(&list[at - 1], &list[at]) == Ordering::Greater {
            list.swap(at - 1, at);
            at -= 1;
        }
    }
}

/// Sorts by a key; equal items keep their order.
pub fn sort_by_key<T, K: Ord>(list: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(list, |a, b| key(a).cmp(&key(b)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_as_the_standard_library_does_and_keeps_ties_in_order() {
        // A full-period generator modulo 251, seed 7: repeated keys in no order.
        let list: Vec<(u32, usize)> =
            (0..200).scan(7u32, |s, i| (*s = (*s * 33 + 17) % 251, Some((*s % 23, i))).1).collect();
        let (mut ours, mut theirs) = (list.clone(), list);
        sort_by_key(&mut ours, |p| p.0);
        theirs.sort_by_key(|p| p.0);
        assert_eq!(ours, theirs);
        sort_by(&mut ours, |a, b| b.1.cmp(&a.1));
        assert!(ours.windows(2).all(|w| w[0].1 > w[1].1));
        sort_by_key(&mut [0; 0], |n: &i32| *n);
    }
}
