"""How well a model does on labelled rows, wherever it runs: no torch, no scikit-learn."""
