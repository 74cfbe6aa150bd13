//! The private Redis: reachable by its address, absent when stopped, back when restarted.

#![expect(clippy::unwrap_used, reason = "a failing helper fails its test")]

use fakes::PrivateRedis;

async fn says_pong(url: &str) -> bool {
    let client = redis::Client::open(url).unwrap();
    let Ok(mut connection) = client.get_multiplexed_async_connection().await else {
        return false;
    };
    redis::cmd("PING")
        .query_async::<String>(&mut connection)
        .await
        .is_ok_and(|pong| pong == "PONG")
}

#[tokio::test]
async fn it_answers_until_it_is_stopped_and_again_after_a_restart() {
    let mut server = PrivateRedis::start().await.unwrap();
    assert!(says_pong(&server.url()).await);

    server.stop().await;
    assert!(!says_pong(&server.url()).await);

    server.restart().await.unwrap();
    assert!(says_pong(&server.url()).await);
}

#[tokio::test]
async fn dropping_it_leaves_nothing_behind() {
    let server = PrivateRedis::start().await.unwrap();
    let socket = server.url().trim_start_matches("redis+unix://").to_owned();
    let folder = std::path::Path::new(&socket).parent().unwrap().to_owned();
    assert!(folder.is_dir());
    drop(server);
    assert!(!folder.exists());
}
