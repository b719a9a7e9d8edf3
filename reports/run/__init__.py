"""The report of a run of features: one HTML page, JUnit and Cucumber JSON."""
