"""From text to tokens: tokenisers, vocabulary, labelled rows, data sets."""
