package io.trunkline.copy;

import java.util.function.Function;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * A value of a range type. A bound that is {@code null} is infinite. Where a range type
 * has discrete steps, the server turns what it stores into {@code [lower,upper)}.
 * <p>
 * Spring Data's {@link org.springframework.data.domain.Range} is taken as well wherever
 * this is, but cannot tell the empty range.
 *
 * @param lower the lower bound, {@code null} if there is none
 * @param lowerInclusive whether the lower bound belongs to the range
 * @param upper the upper bound, {@code null} if there is none
 * @param upperInclusive whether the upper bound belongs to the range
 * @param isEmpty whether it is the empty range, which has no bounds
 * @param <T> the type of the bounds
 * @since 0.1.0
 */
public record PgRange<T>(@Nullable T lower, boolean lowerInclusive, @Nullable T upper, boolean upperInclusive,
		boolean isEmpty) {

	private static final PgRange<?> EMPTY = new PgRange<>(null, false, null, false, true);

	public PgRange {
		Assert.isTrue(!isEmpty || (lower == null && upper == null), "The empty range has no bounds");
		lowerInclusive = lowerInclusive && lower != null;
		upperInclusive = upperInclusive && upper != null;
	}

	/**
	 * Return the range without any value.
	 * @param <T> the type of the bounds
	 */
	@SuppressWarnings("unchecked")
	public static <T> PgRange<T> empty() {
		return (PgRange<T>) EMPTY;
	}

	/**
	 * Create a range with both of its bounds, as {@code [lower,upper]}.
	 * @param lower the lower bound, {@code null} if there is none
	 * @param upper the upper bound, {@code null} if there is none
	 * @param <T> the type of the bounds
	 * @return a new range
	 */
	public static <T> PgRange<T> closed(@Nullable T lower, @Nullable T upper) {
		return of(lower, true, upper, true);
	}

	/**
	 * Create a range without its upper bound, as {@code [lower,upper)}.
	 * @param lower the lower bound, {@code null} if there is none
	 * @param upper the upper bound, {@code null} if there is none
	 * @param <T> the type of the bounds
	 * @return a new range
	 */
	public static <T> PgRange<T> closedOpen(@Nullable T lower, @Nullable T upper) {
		return of(lower, true, upper, false);
	}

	/**
	 * Create a range.
	 * @param lower the lower bound, {@code null} if there is none
	 * @param lowerInclusive whether it belongs to the range
	 * @param upper the upper bound, {@code null} if there is none
	 * @param upperInclusive whether it belongs to the range
	 * @param <T> the type of the bounds
	 * @return a new range
	 */
	public static <T> PgRange<T> of(@Nullable T lower, boolean lowerInclusive, @Nullable T upper,
			boolean upperInclusive) {
		return new PgRange<>(lower, lowerInclusive, upper, upperInclusive, false);
	}

	/**
	 * Convert the bounds.
	 * @param mapper from a bound to another one
	 * @param <R> the type of the new bounds
	 * @return a range with the new bounds
	 */
	public <R> PgRange<R> map(Function<? super T, ? extends R> mapper) {
		return this.isEmpty ? empty() : of((this.lower != null) ? mapper.apply(this.lower) : null, this.lowerInclusive,
				(this.upper != null) ? mapper.apply(this.upper) : null, this.upperInclusive);
	}

	/**
	 * Return the range as the server writes it, with unquoted bounds.
	 */
	@Override
	public String toString() {
		if (this.isEmpty) {
			return "empty";
		}
		return (this.lowerInclusive ? "[" : "(") + ((this.lower != null) ? this.lower : "") + ","
				+ ((this.upper != null) ? this.upper : "") + (this.upperInclusive ? "]" : ")");
	}

}
