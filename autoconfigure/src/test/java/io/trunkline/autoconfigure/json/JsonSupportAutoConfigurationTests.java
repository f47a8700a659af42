package io.trunkline.autoconfigure.json;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

class JsonSupportAutoConfigurationTests {

	private final ApplicationContextRunner context = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(JsonSupportAutoConfiguration.class));

	private static List<ObjectMapper> handedOver(ApplicationContext context) {
		List<ObjectMapper> mappers = new ArrayList<>();
		context.getBean(JsonSupport.class).applyTo(mappers::add);
		return mappers;
	}

	@Test
	void anApplicationWithoutAMapperHandsOverNone() {
		this.context.run((context) -> assertThat(handedOver(context)).isEmpty());
	}

	@Test
	void theMapperOfJsonPrecedesOthers() {
		JsonMapper json = JsonMapper.builder().build();
		this.context.withBean(JsonMapper.class, () -> json)
			.withBean("other", ObjectMapper.class, () -> new ObjectMapper())
			.run((context) -> assertThat(handedOver(context)).containsExactly(json));
	}

	@Test
	void aPlainMapperOfJsonWillDo() {
		ObjectMapper mapper = new ObjectMapper(new JsonFactory());
		this.context.withBean(ObjectMapper.class, () -> mapper)
			.run((context) -> assertThat(handedOver(context)).containsExactly(mapper));
	}

	@Test
	void aMapperOfAnotherFormatIsLeftAlone() {
		ObjectMapper yaml = mock();
		when(yaml.tokenStreamFactory()).thenReturn(mock(TokenStreamFactory.class));
		this.context.withBean(ObjectMapper.class, () -> yaml)
			.run((context) -> assertThat(handedOver(context)).isEmpty());
	}

	@Test
	void ofSeveralMappersNoneIsGuessed() {
		this.context.withBean("one", JsonMapper.class, () -> JsonMapper.builder().build())
			.withBean("two", JsonMapper.class, () -> JsonMapper.builder().build())
			.run((context) -> assertThat(handedOver(context)).isEmpty());
	}

	@Test
	void anApplicationsOwnBeanReplacesIt() {
		JsonSupport own = (use) -> {
		};
		this.context.withBean(JsonSupport.class, () -> own)
			.run((context) -> assertThat(context.getBean(JsonSupport.class)).isSameAs(own));
	}

	@Test
	void thereIsNoneWithoutJackson() {
		this.context.withClassLoader(new FilteredClassLoader("tools.jackson"))
			.run((context) -> assertThat(context.getBeanNamesForType(JsonSupport.class)).isEmpty());
	}

	@Test
	void thereIsNoneWhereAllIsSwitchedOff() {
		this.context.withPropertyValues("trunkline.enabled=false")
			.run((context) -> assertThat(context.getBeanNamesForType(JsonSupport.class)).isEmpty());
	}

}
