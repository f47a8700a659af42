package io.trunkline.benchmarks;

import java.util.List;

/**
 * The median of values, and what a quarter of them is below and above.
 *
 * @param lower a quarter of the values is below
 * @param median half of the values is below
 * @param upper a quarter of the values is above
 */
record Quartiles(double lower, double median, double upper) {

	static Quartiles of(List<Double> values) {
		List<Double> sorted = values.stream().sorted().toList();
		int count = sorted.size();
		return new Quartiles(sorted.get(count / 4), sorted.get(count / 2), sorted.get(count * 3 / 4));
	}

}
