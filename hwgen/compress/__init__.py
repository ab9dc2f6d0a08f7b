"""From a recipe and labelled text to a trained, compressed, quantised model."""
