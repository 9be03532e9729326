"""A flow under the scenario's probabilities as a Markov chain: states, outcomes, durations, expectations."""
