//! What a request cost: one figure where the provider reported the tokens, a range where they were
//! counted here, which has no upper end where more may have been written than was received, and
//! nothing where the tokens or their price are not known.

use super::{Counted, Quote};
use tacet_conversation::{Cost, CostBasis, PriceTag, Usage, UsageSource};

const MILLION: f64 = 1_000_000.0;

/// What `usage` costs at that price, or `None` where either is not known (yet).
#[must_use]
pub fn cost_of(usage: &Usage, quote: &Quote, counted: &Counted) -> Option<Cost> {
    match quote {
        Quote::OnThisComputer => Some(Cost {
            low: 0.0,
            high: Some(0.0),
            basis: CostBasis::OnThisComputer,
            price: None,
        }),
        Quote::Unknown => None,
        Quote::Priced(tag) => at(usage, tag, counted),
    }
}

fn at(usage: &Usage, tag: &PriceTag, counted: &Counted) -> Option<Cost> {
    if usage.source == UsageSource::Unknown {
        return None;
    }
    let longest = match (usage.input_tokens, &counted.request) {
        (Some(tokens), _) => tokens,
        (None, Some(request)) => request.tokens.about,
        (None, None) => return None,
    };
    if tag.up_to_input_tokens.is_some_and(|limit| longest > limit) {
        return None;
    }
    let (low_input, high_input) = input(usage, tag, counted);
    let (low_output, high_output) = output(usage, counted);
    let exact = usage.output_known_as() == UsageSource::Reported
        && usage.input_tokens.is_some()
        && usage.output_tokens.is_some();
    let dollars = |input: f64, output: f64| (input + output * tag.price.output) / MILLION;
    Some(Cost {
        low: dollars(low_input, low_output),
        high: high_input
            .zip(high_output)
            .map(|(input, output)| dollars(input, output)),
        basis: if exact {
            CostBasis::Computed
        } else {
            CostBasis::Estimated
        },
        price: Some(tag.clone()),
    })
}

/// What the request costs at least and at most, in millionths.
fn input(usage: &Usage, tag: &PriceTag, counted: &Counted) -> (f64, Option<f64>) {
    let price = &tag.price;
    if let Some(tokens) = usage.input_tokens {
        let cached = usage.cached_input_tokens.unwrap_or(0).min(tokens);
        let fresh = (tokens - cached) as f64 * price.input;
        let dollars = fresh + cached as f64 * price.cached_input.unwrap_or(price.input);
        return (dollars, Some(dollars));
    }
    let request = counted.request.filter(|request| request.is_whole);
    let most = request.map(|request| request.tokens.high as f64 * price.input);
    (0.0, most)
}

/// How many tokens the answer is at least and at most.
fn output(usage: &Usage, counted: &Counted) -> (f64, Option<f64>) {
    let answer = &counted.answer;
    let (low, high) = match (usage.output_known_as(), usage.output_tokens) {
        (UsageSource::Reported, Some(tokens)) => return (tokens as f64, Some(tokens as f64)),
        // The provider's last figure is from before the end.
        (UsageSource::Running, Some(tokens)) => (tokens, tokens.max(answer.high)),
        (UsageSource::Counted, Some(tokens)) => (tokens, tokens),
        (UsageSource::Estimated | UsageSource::Unknown, _)
        | (UsageSource::Reported | UsageSource::Running | UsageSource::Counted, None) => {
            (answer.low, answer.high)
        }
    };
    (low as f64, (!counted.is_open).then_some(high as f64))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::price::count::CountedRequest;
    use tacet_conversation::{Price, PriceOrigin, TokenRange};

    const COUNTED: Counted = Counted {
        request: Some(CountedRequest {
            tokens: TokenRange {
                low: 900,
                about: 1_000,
                high: 1_300,
            },
            is_whole: true,
        }),
        answer: TokenRange {
            low: 70,
            about: 100,
            high: 130,
        },
        is_open: false,
    };

    fn quote() -> Quote {
        Quote::Priced(PriceTag {
            price: Price {
                input: 2.0,
                cached_input: Some(0.5),
                output: 10.0,
            },
            origin: PriceOrigin::Table,
            date: Some("2025-11-30".to_owned()),
            up_to_input_tokens: Some(200_000),
        })
    }

    fn usage(source: UsageSource, input: Option<u64>, output: Option<u64>) -> Usage {
        Usage {
            source,
            input_tokens: input,
            output_tokens: output,
            ..Usage::unknown()
        }
    }

    fn micros(usage: &Usage) -> (i64, i64, CostBasis) {
        let cost = cost_of(usage, &quote(), &COUNTED).unwrap();
        let micros = |dollars: f64| (dollars * MILLION).round() as i64;
        (micros(cost.low), micros(cost.high.unwrap()), cost.basis)
    }

    #[test]
    fn reported_tokens_cost_one_figure_with_the_cached_ones_at_their_own_price() {
        let mut usage = usage(UsageSource::Reported, Some(1_000), Some(50));
        assert_eq!(micros(&usage), (2_500, 2_500, CostBasis::Computed));
        usage.cached_input_tokens = Some(600);
        assert_eq!(micros(&usage), (1_600, 1_600, CostBasis::Computed));
    }

    #[test]
    fn an_estimate_costs_a_range_that_has_the_request_at_its_upper_end() {
        let estimate = usage(UsageSource::Estimated, None, Some(100));
        assert_eq!(
            micros(&estimate),
            (700, 1_300 + 2_600, CostBasis::Estimated)
        );
    }

    #[test]
    fn a_running_figure_costs_at_least_that_and_at_most_what_was_counted() {
        let placeholder = usage(UsageSource::Running, Some(1_000), Some(1));
        assert_eq!(
            micros(&placeholder),
            (2_010, 2_000 + 1_300, CostBasis::Estimated)
        );
        let ahead = usage(UsageSource::Running, Some(1_000), Some(500));
        assert_eq!(micros(&ahead), (7_000, 7_000, CostBasis::Estimated));
    }

    #[test]
    fn an_answer_that_only_its_request_is_counted_of_costs_that_and_what_was_received() {
        let mut mixed = usage(UsageSource::Running, Some(1_000), Some(100));
        mixed.output_source = Some(UsageSource::Estimated);
        let expected = (2_000 + 700, 2_000 + 1_300, CostBasis::Estimated);
        assert_eq!(micros(&mixed), expected);
        mixed.output_tokens = None;
        mixed.output_source = None;
        assert_eq!(micros(&mixed), expected);
    }

    #[test]
    fn c23_where_more_may_have_been_written_a_cost_has_no_upper_end() {
        let open = Counted {
            is_open: true,
            ..COUNTED
        };
        let of = |usage: &Usage, counted: &Counted| cost_of(usage, &quote(), counted).unwrap();
        for (source, output, low) in [
            (UsageSource::Estimated, Some(100), 2_700.0),
            (UsageSource::Running, Some(100), 3_000.0),
            (UsageSource::Running, None, 2_700.0),
        ] {
            let cost = of(&usage(source, Some(1_000), output), &open);
            assert_eq!((cost.low * MILLION).round(), low, "{source:?}");
            assert_eq!(cost.high, None, "{source:?}");
        }
        let reported = usage(UsageSource::Reported, Some(1_000), Some(50));
        assert_eq!(of(&reported, &open).high, Some(0.0025));
        // A picture that was sent along has a price too.
        let request = COUNTED.request.map(|request| CountedRequest {
            is_whole: false,
            ..request
        });
        let pictured = Counted { request, ..COUNTED };
        let estimate = usage(UsageSource::Estimated, None, Some(100));
        assert_eq!(of(&estimate, &pictured).high, None);
        assert!(of(&reported, &pictured).high.is_some());
    }

    #[test]
    fn a_request_that_is_not_counted_yet_has_no_cost_unless_the_provider_counted_it() {
        let uncounted = Counted {
            request: None,
            ..COUNTED
        };
        let estimate = usage(UsageSource::Estimated, None, Some(100));
        assert_eq!(cost_of(&estimate, &quote(), &uncounted), None);
        let running = usage(UsageSource::Running, Some(1_000), Some(100));
        assert!(cost_of(&running, &quote(), &uncounted).is_some());
    }

    #[test]
    fn c23_what_is_not_known_costs_nothing_that_could_be_said_and_never_zero() {
        let reported = usage(UsageSource::Reported, Some(1), Some(1));
        assert_eq!(cost_of(&Usage::unknown(), &quote(), &COUNTED), None);
        assert_eq!(cost_of(&reported, &Quote::Unknown, &COUNTED), None);
        let long = usage(UsageSource::Reported, Some(200_001), Some(1));
        assert_eq!(cost_of(&long, &quote(), &COUNTED), None);
    }

    #[test]
    fn what_runs_on_this_computer_costs_nothing_and_says_so() {
        let cost = cost_of(&Usage::unknown(), &Quote::OnThisComputer, &COUNTED).unwrap();
        assert_eq!((cost.low, cost.high), (0.0, Some(0.0)));
        assert_eq!(cost.basis, CostBasis::OnThisComputer);
    }
}
