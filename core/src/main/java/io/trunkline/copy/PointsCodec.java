package io.trunkline.copy;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.r2dbc.postgresql.codec.Path;
import io.r2dbc.postgresql.codec.Point;
import io.r2dbc.postgresql.codec.Polygon;

/**
 * Geometric types of any number of points: {@code path}, which tells first whether it is
 * closed, and {@code polygon}.
 */
final class PointsCodec extends TypeCodec {

	static final PointsCodec PATH = new PointsCodec(true);

	static final PointsCodec POLYGON = new PointsCodec(false);

	private static final Pattern BETWEEN_NUMBERS = Pattern.compile("[\\s,()\\[\\]{}<>]+");

	private final boolean path;

	private PointsCodec(boolean path) {
		this.path = path;
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		Path points = toPath(value);
		int start = out.beginField();
		if (this.path) {
			out.writeByte(points.isOpen() ? 0 : 1);
		}
		out.writeInt(points.getPoints().size());
		for (Point point : points.getPoints()) {
			out.writeDouble(point.getX());
			out.writeDouble(point.getY());
		}
		out.endField(start);
	}

	@Override
	void print(Object value, StringBuilder out) {
		Path points = toPath(value);
		out.append(points.getPoints()
			.stream()
			.map((point) -> "(" + point.getX() + "," + point.getY() + ")")
			.collect(Collectors.joining(",", points.isOpen() ? "[" : "(", points.isOpen() ? "]" : ")")));
	}

	private Path toPath(Object value) {
		if (this.path && value instanceof Path points) {
			return points;
		}
		if (!this.path && value instanceof Polygon polygon) {
			return Path.closed(polygon.getPoints());
		}
		if (value instanceof CharSequence text) {
			List<Double> numbers = numbers(text);
			if (numbers.isEmpty() || numbers.size() % 2 != 0) {
				throw MisfitException.ofText("a list of points such as ((0,0),(1,1))");
			}
			List<Point> points = new ArrayList<>();
			for (int i = 0; i < numbers.size(); i += 2) {
				points.add(Point.of(numbers.get(i), numbers.get(i + 1)));
			}
			return Path.of(this.path && text.toString().stripLeading().startsWith("["), points);
		}
		throw MisfitException.ofClass(value, this.path ? "the driver's Path" : "the driver's Polygon");
	}

	static List<Double> numbers(CharSequence text) {
		return BETWEEN_NUMBERS.splitAsStream(text)
			.filter((number) -> !number.isEmpty())
			.map(FloatCodec::toDouble)
			.toList();
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		int position = this.path ? offset + 1 : offset;
		int count = Bytes.getInt(data, position);
		position += Integer.BYTES;
		List<Point> points = new ArrayList<>(count);
		for (int i = 0; i < count; i++) {
			points.add(Point.of(Bytes.getDouble(data, position), Bytes.getDouble(data, position + Double.BYTES)));
			position += 2 * Double.BYTES;
		}
		return this.path ? Path.of(data[offset] == 0, points) : Polygon.of(points);
	}

}
