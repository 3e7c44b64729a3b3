//! Sessions take turns and do not see each other's state.

use futures::future::join_all;

use super::{admin, code, code_of, config, connect, run, start, text, try_connect};

#[tokio::test]
async fn settings_are_per_session() {
    let postgres = start();
    let first = admin(&postgres).await;
    run(&first, "CREATE ROLE app LOGIN; CREATE ROLE other; GRANT other TO saasadmin WITH SET TRUE").await;
    let second = connect(&postgres, "app").await;
    run(&first, "SET search_path = pg_catalog; SET lock_timeout = '60s'; SET my.thing = '''x'; SET ROLE other").await;
    let all = "SELECT concat_ws(' ', current_user, session_user, current_setting('search_path'),
        current_setting('lock_timeout'), current_setting('my.thing', true))";
    for _ in 0..2 {
        assert_eq!(text(&first, all).await, "other saasadmin pg_catalog 1min 'x");
        assert_eq!(text(&second, all).await.trim_end(), "app app \"$user\", public 0");
    }
    run(&second, "SET search_path = a").await;
    run(&first, "RESET ROLE").await;
    assert_eq!(text(&second, "SHOW search_path").await, "a");
    assert_eq!(text(&first, "SELECT current_user").await, "saasadmin");
}

#[tokio::test]
async fn prepared_statements_are_per_session() {
    let postgres = start();
    let (first, second) = (admin(&postgres).await, admin(&postgres).await);
    // Both clients number their statements from zero.
    let one = first.prepare("SELECT $1::int4 + 1").await.expect("it is SQL");
    let two = second.prepare("SELECT upper($1::text)").await.expect("it is SQL");
    run(&first, "PREPARE by_hand (int) AS SELECT $1 * 2").await;
    for _ in 0..2 {
        assert_eq!(first.query_one(&one, &[&41]).await.expect("it is prepared").get::<_, i32>(0), 42);
        assert_eq!(second.query_one(&two, &[&"x"]).await.expect("it is prepared").get::<_, &str>(0), "X");
        assert_eq!(text(&first, "EXECUTE by_hand(4)").await, "8");
    }
    assert_eq!(code(&second, "EXECUTE by_hand(4)").await, "26000");
}

#[tokio::test]
async fn a_transaction_keeps_the_backend_until_it_ends() {
    let postgres = start();
    let mut first = admin(&postgres).await;
    let second = admin(&postgres).await;
    run(&first, "CREATE TABLE t (id int)").await;
    let transaction = first.transaction().await.expect("it is idle");
    transaction.batch_execute("INSERT INTO t VALUES (1)").await.expect("there is a table");
    let count = text(&second, "SELECT count(*) FROM t");
    let commit = async {
        transaction.batch_execute("INSERT INTO t VALUES (2)").await.expect("there is a table");
        transaction.commit().await.expect("no other session blocks it");
    };
    assert_eq!(futures::join!(count, commit).0, "2");

    // A transaction whose client disconnects is rolled back.
    run(&first, "BEGIN; INSERT INTO t VALUES (3)").await;
    drop(first);
    assert_eq!(text(&second, "SELECT count(*) FROM t").await, "2");
}

#[tokio::test]
async fn a_failed_transaction_fails_until_it_ends() {
    let postgres = start();
    let client = admin(&postgres).await;
    assert_eq!(code(&client, "BEGIN; SELECT nothing").await, "42703");
    assert_eq!(code(&client, "SELECT 1").await, "25P02");
    run(&client, "ROLLBACK").await;
    let error = client.query("SELECT 1 / $1::int4", &[&0]).await.expect_err("that is no number");
    assert_eq!(code_of(&error), "22012");
    assert_eq!(client.query_one("SELECT 1 / $1::int4", &[&1]).await.expect("it is").get::<_, i32>(0), 1);
}

#[tokio::test]
async fn session_state_in_the_backend_keeps_the_backend() {
    let postgres = start();
    let (first, second) = (admin(&postgres).await, admin(&postgres).await);
    for (take, give_back) in [
        ("CREATE TEMPORARY TABLE t AS SELECT 1", "DROP TABLE t"),
        ("SELECT pg_advisory_lock(1)", "SELECT pg_advisory_unlock(1)"),
        ("LISTEN channel", "UNLISTEN channel"),
    ] {
        run(&first, take).await;
        let other = text(&second, "SELECT 1");
        let own = async {
            // The other session is already waiting or will be soon; both orders must work.
            assert_eq!(text(&first, "SELECT 2").await, "2");
            run(&first, give_back).await;
        };
        assert_eq!(futures::join!(other, own).0, "1");
    }
    run(&first, "CREATE TEMPORARY TABLE t AS SELECT 1").await;
    let other = text(&second, "SELECT to_regclass('pg_temp.t')");
    let own = async { drop(first) };
    assert_eq!(futures::join!(other, own).0, "");
}

#[tokio::test]
async fn clients_cannot_become_the_superuser() {
    let postgres = start();
    let client = admin(&postgres).await;
    for sql in [
        "SET SESSION AUTHORIZATION postgres",
        "SELECT set_config('session_authorization', 'postgres', false)",
        "SET ROLE postgres",
        "ALTER ROLE CURRENT_USER SUPERUSER",
        "COPY pg_class TO PROGRAM 'true'",
        "SELECT pg_read_file('postgresql.conf')",
    ] {
        assert_eq!(code(&client, sql).await, "42501", "{sql}");
    }
    let error = client.query("RESET SESSION AUTHORIZATION", &[]).await.expect_err("it is refused");
    assert_eq!(code_of(&error), "42501");
    run(&client, "DISCARD ALL").await;
    assert_eq!(text(&client, "SELECT concat(current_user, session_user)").await, "saasadminsaasadmin");
}

#[tokio::test]
async fn the_session_of_a_dropped_role_ends() {
    let postgres = start();
    let client = admin(&postgres).await;
    run(&client, "CREATE ROLE app LOGIN").await;
    let app = connect(&postgres, "app").await;
    run(&client, "DROP ROLE app").await;
    let error = app.batch_execute("SELECT 1").await.expect_err("there is no such role");
    assert_eq!(code_of(&error), "57P01");
}

#[tokio::test]
async fn copy_to_stdout_succeeds_and_copy_from_stdin_is_refused() {
    let postgres = start();
    let client = admin(&postgres).await;
    run(&client, "CREATE TABLE t (id int)").await;
    let error = client.copy_in::<_, bytes::Bytes>("COPY t FROM STDIN").await.err().expect("it is refused");
    assert_eq!(code_of(&error), "0A000");
    let client = admin(&postgres).await;
    let rows = client.copy_out("COPY (VALUES (1), (2)) TO STDOUT").await.expect("it is SQL");
    let rows: Vec<_> = futures::StreamExt::collect(rows).await;
    let rows: Vec<u8> = rows.into_iter().flat_map(|row| row.expect("it is a row").to_vec()).collect();
    assert_eq!(rows, b"1\n2\n");
}

#[tokio::test]
async fn a_crashed_backend_is_restarted() {
    let postgres = start();
    let (client, other) = (admin(&postgres).await, admin(&postgres).await);
    run(&client, "CREATE TABLE t AS SELECT 7 AS id").await;
    // The guard does not recognise this statement, and no copy data follows.
    let hidden = "/* hidden */ COPY t FROM STDIN";
    assert!(client.batch_execute(hidden).await.is_err());
    let again = admin(&postgres).await;
    assert_eq!(text(&again, "SELECT id FROM t").await, "7");
    assert!(other.batch_execute("SELECT 1").await.is_err(), "its session ended as well");
}

#[tokio::test]
async fn many_concurrent_sessions_are_all_served() {
    let postgres = start();
    let client = admin(&postgres).await;
    run(&client, "CREATE TABLE t (id int PRIMARY KEY)").await;
    let work = (0..12).map(async |number: i32| {
        let mut client = try_connect(&config(&postgres, "saasadmin")).await.expect("it lets the user in");
        for step in 0..5 {
            let transaction = client.transaction().await.expect("it is idle");
            let id = number * 5 + step;
            transaction.execute("INSERT INTO t VALUES ($1)", &[&id]).await.expect("the number is new");
            transaction.commit().await.expect("no other session blocks it");
        }
    });
    join_all(work).await;
    assert_eq!(text(&client, "SELECT count(*) FROM t").await, "60");
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_has_no_effect() {
    let postgres = start();
    let client = admin(&postgres).await;
    assert_eq!(text(&client, "SELECT 1 FROM pg_sleep(0.1)").await, "1");
}

/// The backend's module loses some of its stack with each error.
#[tokio::test]
async fn thousands_of_refusals_do_not_break_the_backend() {
    let postgres = start();
    let (quiet, refused) = (admin(&postgres).await, admin(&postgres).await);
    run(&quiet, "SET lock_timeout = '4s'").await;
    let opened = text(&quiet, "SELECT pg_conf_load_time()").await;
    for _ in 0..2_100 {
        assert_eq!(code(&refused, "SELECT 1 FROM nowhere").await, "42P01");
    }
    assert_eq!(text(&quiet, "SHOW lock_timeout").await, "4s");
    assert_ne!(text(&quiet, "SELECT pg_conf_load_time()").await, opened, "it was opened anew in between");
}
