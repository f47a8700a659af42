package io.trunkline.sample;

import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.http.codec.CodecCustomizer;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.Order;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.codec.CodecConfigurer;
import org.springframework.http.codec.json.JacksonJsonDecoder;
import org.springframework.stereotype.Component;
import org.springframework.util.MimeType;

/**
 * Decodes bodies of several JSON values from heap buffers. Up to 7.0.8, Spring releases
 * the buffer of a malformed one twice: in its tokenizer, which fails on it, and in the
 * discard hook of its decoder. The memory may be someone else's by then, most often what
 * a database connection is about to send.
 */
final class HeapJsonDecoder extends JacksonJsonDecoder {

	private HeapJsonDecoder(JsonMapper mapper) {
		super(mapper);
	}

	@Override
	protected Flux<DataBuffer> processInput(Publisher<DataBuffer> input, ResolvableType elementType,
			@Nullable MimeType mimeType, @Nullable Map<String, Object> hints) {
		return super.processInput(Flux.from(input).map(HeapJsonDecoder::onHeap), elementType, mimeType, hints);
	}

	private static DataBuffer onHeap(DataBuffer buffer) {
		try {
			byte[] bytes = new byte[buffer.readableByteCount()];
			buffer.read(bytes);
			return DefaultDataBufferFactory.sharedInstance.wrap(bytes);
		}
		finally {
			DataBufferUtils.release(buffer);
		}
	}

	/**
	 * Puts the decoder in the place of the one that Spring Boot has set before.
	 */
	@Component
	@Order(1)
	static class Customizer implements CodecCustomizer {

		private final JsonMapper mapper;

		Customizer(JsonMapper mapper) {
			this.mapper = mapper;
		}

		@Override
		public void customize(CodecConfigurer configurer) {
			configurer.defaultCodecs().jacksonJsonDecoder(new HeapJsonDecoder(this.mapper));
		}

	}

}
