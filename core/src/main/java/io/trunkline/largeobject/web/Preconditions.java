package io.trunkline.largeobject.web;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiPredicate;

import org.jspecify.annotations.Nullable;

import org.springframework.http.ETag;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;

/**
 * The preconditions of a request, in the order of RFC 9110, 13.2.2.
 */
final class Preconditions {

	private static final Set<HttpMethod> SAFE = Set.of(HttpMethod.GET, HttpMethod.HEAD);

	private final HttpMethod method;

	private final HttpHeaders request;

	private final @Nullable ETag eTag;

	private final @Nullable Instant lastModified;

	Preconditions(HttpMethod method, HttpHeaders request, @Nullable ETag eTag, @Nullable Instant lastModified) {
		this.method = method;
		this.request = request;
		this.eTag = eTag;
		this.lastModified = lastModified;
	}

	/**
	 * Return the status to answer with at once, or {@code null} to go on.
	 */
	@Nullable HttpStatus evaluate() {
		if (this.request.containsHeader(HttpHeaders.IF_MATCH)) {
			if (!matches(HttpHeaders.IF_MATCH, true)) {
				return HttpStatus.PRECONDITION_FAILED;
			}
		}
		else if (compareDate(HttpHeaders.IF_UNMODIFIED_SINCE, Instant::isAfter)) {
			return HttpStatus.PRECONDITION_FAILED;
		}
		boolean safe = SAFE.contains(this.method);
		if (this.request.containsHeader(HttpHeaders.IF_NONE_MATCH)) {
			if (matches(HttpHeaders.IF_NONE_MATCH, false)) {
				return safe ? HttpStatus.NOT_MODIFIED : HttpStatus.PRECONDITION_FAILED;
			}
		}
		else if (safe && compareDate(HttpHeaders.IF_MODIFIED_SINCE, (modified, since) -> !modified.isAfter(since))) {
			return HttpStatus.NOT_MODIFIED;
		}
		return null;
	}

	/**
	 * Whether a {@code Range} counts: it does without {@code If-Range}, or where that
	 * names exactly what would be sent.
	 */
	boolean isRangeWanted() {
		List<String> values = this.request.get(HttpHeaders.IF_RANGE);
		if (values == null) {
			return true;
		}
		String value = (values.size() == 1) ? values.get(0).strip() : "";
		if (value.startsWith("\"") || value.startsWith("W/")) {
			List<ETag> tags = ETag.parse(value);
			return this.eTag != null && tags.size() == 1 && tags.get(0).compare(this.eTag, true);
		}
		return compareDate(HttpHeaders.IF_RANGE, Instant::equals);
	}

	private boolean matches(String header, boolean strong) {
		List<ETag> tags = new ArrayList<>();
		this.request.getOrEmpty(header).forEach((value) -> tags.addAll(ETag.parse(value)));
		return tags.stream()
			.anyMatch((tag) -> tag.isWildcard() || (this.eTag != null && tag.compare(this.eTag, strong)));
	}

	/**
	 * Without a valid date, and without one to compare it with, the condition does not
	 * exist.
	 */
	private boolean compareDate(String header, BiPredicate<Instant, Instant> condition) {
		List<String> values = this.request.get(header);
		if (this.lastModified == null || values == null || values.size() != 1) {
			return false;
		}
		try {
			return condition.test(this.lastModified, Instant.ofEpochMilli(this.request.getFirstDate(header)));
		}
		catch (IllegalArgumentException ex) {
			return false;
		}
	}

}
