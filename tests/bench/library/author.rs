//! Who writes what the benches read: words that nobody knows, always the same ones for a seed.

use fastrand::Rng;

/// So many words are known.
const VOCABULARY: usize = 20_000;
const SYLLABLES: [&str; 24] = [
    "ba", "cor", "de", "el", "fir", "gla", "hum", "i", "jo", "ken", "lun", "mo", "nar", "o", "pel",
    "qui", "ra", "ster", "tu", "ul", "va", "wen", "yo", "zig",
];

pub struct Author {
    rng: Rng,
    words: Vec<String>,
}

impl Author {
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut word = || -> String {
            let syllables = rng.usize(2..=4);
            (0..syllables)
                .map(|_| SYLLABLES[rng.usize(..SYLLABLES.len())])
                .collect()
        };
        let words = (0..VOCABULARY).map(|_| word()).collect();
        Self { rng, words }
    }

    /// A number from 1 to `most`.
    pub fn up_to(&mut self, most: usize) -> usize {
        self.rng.usize(1..=most.max(1))
    }

    /// One word: few of them often, and most seldom, as in what people write (Zipf's law).
    pub fn word(&mut self) -> &str {
        let rank = (self.words.len() as f64).powf(self.rng.f64());
        &self.words[rank as usize - 1]
    }

    /// So many sentences, a paragraph for every four.
    pub fn prose(&mut self, sentences: usize) -> String {
        let mut prose = String::new();
        for number in 0..sentences {
            prose += match number {
                0 => "",
                number if number % 4 == 0 => "\n\n",
                _ => " ",
            };
            let words = 6 + self.up_to(10);
            for place in 0..words {
                let word = self.word();
                if place == 0 {
                    prose.extend(word.chars().take(1).flat_map(char::to_uppercase));
                    prose.extend(word.chars().skip(1));
                } else {
                    prose.push(' ');
                    prose += word;
                }
            }
            prose.push('.');
        }
        prose
    }
}
