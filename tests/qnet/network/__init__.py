"""Networks: tests of their description, engines and files."""
