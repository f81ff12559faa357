//! The Lambda function of the drug group.

use medinsight_functions::clock::Clock;
use medinsight_functions::config::Config;
use medinsight_functions::{api, environment, logging, server};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let config = Config::from_variables(&environment::variables())?;
    logging::start(config.log_level);
    let (services, cache) = server::assemble(&config, &Clock::System).map_err(|error| error.to_string())?;
    cache.store().warm_up();
    lambda_http::run(api::finish(api::drug_routes(), services)).await
}
