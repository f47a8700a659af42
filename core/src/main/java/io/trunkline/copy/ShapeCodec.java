package io.trunkline.copy;

import java.util.List;
import java.util.function.Function;

import io.r2dbc.postgresql.codec.Box;
import io.r2dbc.postgresql.codec.Circle;
import io.r2dbc.postgresql.codec.Line;
import io.r2dbc.postgresql.codec.Lseg;
import io.r2dbc.postgresql.codec.Point;

/**
 * Geometric types of a fixed number of coordinates, as the driver's value classes.
 *
 * @param <S> the driver's class
 */
final class ShapeCodec<S> extends TypeCodec {

	static final ShapeCodec<Point> POINT = new ShapeCodec<>(Point.class, "(%s,%s)", 2,
			(point) -> new double[] { point.getX(), point.getY() }, (c) -> Point.of(c[0], c[1]));

	static final ShapeCodec<Lseg> LSEG = new ShapeCodec<>(Lseg.class, "[(%s,%s),(%s,%s)]", 4,
			(lseg) -> coordinates(lseg.getP1(), lseg.getP2()), (c) -> Lseg.of(c[0], c[1], c[2], c[3]));

	static final ShapeCodec<Box> BOX = new ShapeCodec<>(Box.class, "(%s,%s),(%s,%s)", 4,
			(box) -> coordinates(box.getA(), box.getB()), (c) -> Box.of(c[0], c[1], c[2], c[3]));

	static final ShapeCodec<Line> LINE = new ShapeCodec<>(Line.class, "{%s,%s,%s}", 3,
			(line) -> new double[] { line.getA(), line.getB(), line.getC() }, (c) -> Line.of(c[0], c[1], c[2]));

	static final ShapeCodec<Circle> CIRCLE = new ShapeCodec<>(Circle.class, "<(%s,%s),%s>", 3,
			(circle) -> new double[] { circle.getCenter().getX(), circle.getCenter().getY(), circle.getRadius() },
			(c) -> Circle.of(c[0], c[1], c[2]));

	private final Class<S> type;

	private final String format;

	private final int count;

	private final Function<S, double[]> split;

	private final Function<double[], S> join;

	private ShapeCodec(Class<S> type, String format, int count, Function<S, double[]> split,
			Function<double[], S> join) {
		this.type = type;
		this.format = format;
		this.count = count;
		this.split = split;
		this.join = join;
	}

	private static double[] coordinates(Point first, Point second) {
		return new double[] { first.getX(), first.getY(), second.getX(), second.getY() };
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		out.writeInt(this.count * Double.BYTES);
		for (double coordinate : coordinates(value)) {
			out.writeDouble(coordinate);
		}
	}

	@Override
	void print(Object value, StringBuilder out) {
		double[] coordinates = coordinates(value);
		Object[] texts = new Object[this.count];
		for (int i = 0; i < this.count; i++) {
			texts[i] = Double.toString(coordinates[i]);
		}
		out.append(this.format.formatted(texts));
	}

	private double[] coordinates(Object value) {
		if (this.type.isInstance(value)) {
			return this.split.apply(this.type.cast(value));
		}
		if (value instanceof CharSequence text) {
			List<Double> numbers = PointsCodec.numbers(text);
			if (numbers.size() != this.count) {
				throw MisfitException.ofText("of " + this.count + " coordinates");
			}
			return numbers.stream().mapToDouble(Double::doubleValue).toArray();
		}
		throw MisfitException.ofClass(value, "the driver's " + this.type.getSimpleName());
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		double[] coordinates = new double[this.count];
		for (int i = 0; i < this.count; i++) {
			coordinates[i] = Bytes.getDouble(data, offset + i * Double.BYTES);
		}
		return this.join.apply(coordinates);
	}

}
