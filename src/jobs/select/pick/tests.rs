use super::*;
use crate::domain::SecurityInfo;
use crate::jobs::fake::{Fake, user};
use crate::jobs::input::{Columns, Source, check};

const OPTIONS: &[&str] = &["number"];

fn directory() -> Fake {
    let people = ["ann", "bob", "cid"].map(|name| (user(name, name), SecurityInfo::default()));
    Fake::new(people.into())
}

/// The wish of a row is its number; without one the wishes of several rows add up.
fn judge(row: &InputRow) -> Result<Option<u64>> {
    Ok(row.value(0).map(|cell| cell.text.len() as u64))
}

/// Who is picked from a file, each with how many more rows there are, and who is left out.
async fn picked(
    text: &str,
    skip_invalid: bool,
    except: &Except,
) -> Result<(Vec<(String, usize)>, Vec<String>)> {
    let columns = Columns {
        options: OPTIONS,
        mapped: Vec::new(),
    };
    let input = Input::new(Source::copied("in.csv", text.as_bytes())?, columns)?;
    let checked = check(&input, str::to_owned, judge)?;
    let fake = directory();
    let wanted = Wanted::Rows {
        input: &input,
        checked: &checked,
        skip_invalid,
        judge: &judge,
    };
    let chosen = pick(&finder(&fake), wanted, except).await?;
    let (mut people, mut left) = (Vec::new(), Vec::new());
    for piece in chosen.pieces(2)? {
        for picked in piece? {
            match picked {
                Picked::Pick(pick) => people.push((pick.typed, pick.more.len())),
                Picked::Left(row) => left.push(format!("{}: {}", row.user, row.detail)),
            }
        }
    }
    Ok((people, left))
}

fn finder(fake: &Fake) -> Finder<'_> {
    Finder {
        service: fake,
        domain: Some("contoso.example"),
        prefix: "mfactl",
        command: &|_, user| user.to_owned(),
        elsewhere: &|_| None,
        told: &|_| Ok(()),
    }
}

#[tokio::test]
async fn rows_of_one_person_are_one_wish_or_add_up_however_the_person_is_spelled() {
    let all = Except::default();
    let (people, _) = picked(
        "user,number\nann,1\nann.mail@contoso.example,2\nbob,1\n",
        false,
        &all,
    )
    .await
    .unwrap();
    assert_eq!(people, [("ann".to_owned(), 0), ("bob".to_owned(), 0)]);
    let (people, _) = picked(
        "user,number\nann,\nann.mail@contoso.example,\nbob,\nann,\n",
        false,
        &all,
    )
    .await
    .unwrap();
    assert_eq!(people, [("ann".to_owned(), 2), ("bob".to_owned(), 0)]);
    let error = picked("user,number\nann,1\nann.mail@contoso.example,22\n", false, &all)
        .await
        .unwrap_err();
    assert_eq!(
        (error.code(), error.to_body().line),
        (ErrorCode::InvalidInput, Some(3))
    );
}

#[tokio::test]
async fn everyone_who_is_not_there_is_told_or_left_out() {
    let text = "user,number\nann,1\nxy,1\nbob,1\nzz,1\n";
    let error = picked(text, false, &Except::default()).await.unwrap_err();
    let places: Vec<_> = error
        .matching()
        .iter()
        .map(|one| one.reference.as_str())
        .collect();
    assert_eq!(places, ["in.csv:3", "in.csv:5"]);
    let (people, left) = picked(text, true, &Except::default()).await.unwrap();
    assert_eq!(people.len(), 2);
    assert_eq!(
        left,
        ["xy: there is no person \"xy\"", "zz: there is no person \"zz\""]
    );
}

#[tokio::test]
async fn who_is_taken_out_is_not_picked_under_any_name() {
    let fake = directory();
    let mut except = Except::default();
    let names = ["ann.mail@contoso.example".to_owned()];
    except
        .take_out(&finder(&fake), Wanted::Texts(&names))
        .await
        .unwrap();
    let (people, _) = picked("user,number\nann.mail@contoso.example,1\nbob,1\n", false, &except)
        .await
        .unwrap();
    assert_eq!(people, [("bob".to_owned(), 0)]);
    let nobody = ["dan".to_owned()];
    let error = except.take_out(&finder(&fake), Wanted::Texts(&nobody)).await;
    assert_eq!(error.unwrap_err().code(), ErrorCode::UserNotFound);
}

#[tokio::test]
async fn parts_are_apart_and_one_of_them_reports_who_was_left_out() {
    let text = "user,number\nann,1\nbob,1\ncid,1\nxy,1\n";
    let (mut names, mut reports) = (Vec::new(), 0);
    for index in 1..=3 {
        let (people, left) = picked(text, true, &Except::new(Some((index, 3)))).await.unwrap();
        names.extend(people.into_iter().map(|(name, _)| name));
        reports += left.len();
    }
    names.sort();
    assert_eq!(
        (names, reports),
        (vec!["ann".into(), "bob".into(), "cid".into()], 1)
    );
}
