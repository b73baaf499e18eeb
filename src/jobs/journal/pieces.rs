//! Reading a journal piece by piece: of a job of a million rows only some hundred are in memory.

use std::future::Future;

use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _, try_unfold};

use crate::domain::{Error, Result};

/// A piece, with the place of its end; `None`: there is nothing more.
pub(super) type Piece<P, T> = Option<(Vec<T>, P)>;

/// Everything behind `from`, in its order. `next` reads the piece behind a place.
pub(super) fn all_behind<'a, P, T, F>(
    from: P,
    next: impl FnMut(P) -> F + Send + 'a,
) -> BoxStream<'a, Result<T>>
where
    P: Send + 'a,
    T: Send + 'a,
    F: Future<Output = Result<Piece<P, T>>> + Send + 'a,
{
    try_unfold(from, next)
        .map_ok(|piece| stream::iter(piece.into_iter().map(Ok::<_, Error>)))
        .try_flatten()
        .boxed()
}

/// A piece of what was read together with its places.
pub(super) fn placed<P, T>(read: Vec<(P, T)>) -> Piece<P, T> {
    let (places, piece): (Vec<P>, Vec<T>) = read.into_iter().unzip();
    let end = places.into_iter().next_back()?;
    Some((piece, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_row_comes_once_in_its_order_whatever_the_pieces() {
        for most in 1..=6 {
            let all = all_behind(-1, |after| async move {
                let rows = (0..5).filter(move |place| *place > after);
                Ok(placed(
                    rows.map(|place| (place, format!("row {place}")))
                        .take(most)
                        .collect(),
                ))
            });
            let rows: Vec<String> = all.try_collect().await.unwrap();
            assert_eq!(
                rows,
                ["row 0", "row 1", "row 2", "row 3", "row 4"],
                "{most} at a time"
            );
        }
    }
}
