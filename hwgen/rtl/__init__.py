"""The circuit as Amaranth components: a folder for each subject, and here what they share and what joins them."""
