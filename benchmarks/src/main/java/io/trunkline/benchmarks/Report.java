package io.trunkline.benchmarks;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.trunkline.benchmarks.Group.Limit;
import io.trunkline.benchmarks.Group.Requirement;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/**
 * The times of one group over all rounds, as tables in Markdown.
 */
final class Report {

	private final Group group;

	private final Map<String, List<Double>> millis = new LinkedHashMap<>();

	Report(Group group) {
		this.group = group;
	}

	void add(Collection<RunResult> results) {
		for (RunResult result : results) {
			String name = name(result.getParams());
			result.getBenchmarkResults().forEach((fork) -> fork.getIterationResults().forEach((iteration) -> {
				add(name, iteration.getPrimaryResult());
				iteration.getSecondaryResults().forEach((label, part) -> add(name + " " + label, part));
			}));
		}
	}

	private void add(String name, Result<?> result) {
		this.millis.computeIfAbsent(name, (key) -> new ArrayList<>()).add(result.getScore());
	}

	private String name(BenchmarkParams params) {
		StringBuilder name = new StringBuilder(this.group.name().toLowerCase()).append(' ')
			.append(params.getBenchmark().substring(params.getBenchmark().lastIndexOf('.') + 1));
		params.getParamsKeys().forEach((key) -> name.append(' ').append(params.getParam(key)));
		return name.toString();
	}

	void print(PrintStream out) {
		out.println();
		out.println("| benchmark | median | best | rate at the median |");
		out.println("|---|---:|---:|---:|");
		this.millis.forEach((name, times) -> out.printf("| %s | %,.0f ms | %,.0f ms | %s |%n", name, median(times),
				Collections.min(times), this.group.rate(name, median(times))));
		if (!this.group.requirements().isEmpty()) {
			out.println();
			out.println("| ratio of rates | required | by the median | by the best | |");
			out.println("|---|---:|---:|---:|---|");
			this.group.requirements().forEach((requirement) -> print(requirement, out));
		}
		if (!this.group.limits().isEmpty()) {
			out.println();
			out.println("| time | at most | by the median | |");
			out.println("|---|---:|---:|---|");
			this.group.limits().forEach((limit) -> print(limit, out));
		}
	}

	private void print(Limit limit, PrintStream out) {
		String base = limit.base();
		String peer = limit.peer();
		double more = median(times(limit.ours())) - ((base != null) ? median(times(base)) : 0);
		double measured = more / ((peer != null) ? median(times(peer)) : limit.unit());
		out.printf("| %s | %.2f | %.2f | %s |%n", limit.name(), limit.most(), measured,
				(measured <= limit.most()) ? "met" : "**MISSED**");
	}

	private void print(Requirement requirement, PrintStream out) {
		List<Double> ours = times(requirement.ours());
		List<Double> peer = times(requirement.peer());
		double byMedian = requirement.scale() * median(peer) / median(ours);
		out.printf("| %s | %.2f | %.2f | %.2f | %s |%n", requirement.name(), requirement.factor(), byMedian,
				requirement.scale() * Collections.min(peer) / Collections.min(ours),
				(byMedian >= requirement.factor()) ? "met" : "**MISSED**");
	}

	private List<Double> times(String name) {
		List<Double> times = this.millis.get(name);
		if (times == null) {
			throw new IllegalStateException("No benchmark is named '" + name + "'");
		}
		return times;
	}

	private static double median(List<Double> times) {
		List<Double> sorted = times.stream().sorted().toList();
		int middle = sorted.size() / 2;
		return (sorted.size() % 2 == 1) ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
	}

}
