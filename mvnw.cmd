@echo off
@rem Runs Maven: an installed 3.8 or later, else the release that is pinned in
@rem .mvn\wrapper\maven-wrapper.properties, downloaded once and verified.
@rem
@rem   JAVA_HOME        the JDK to use (default: java on the PATH)
@rem   MAVEN_HOME       an installation to prefer to the mvn on the PATH
@rem   MAVEN_USER_HOME  where a downloaded Maven is kept (default: %USERPROFILE%\.m2)
@rem   MVNW_REPOURL     where to download instead: a mirror with a Maven repository's layout

setlocal EnableExtensions DisableDelayedExpansion
set "WRAPPER=%~dp0.mvn\wrapper"

if not defined JAVA_HOME goto javaOnPath
set "JAVA=%JAVA_HOME%\bin\java.exe"
set "JAR=%JAVA_HOME%\bin\jar.exe"
if exist "%JAVA%" goto findMaven
>&2 echo mvnw: JAVA_HOME is [%JAVA_HOME%], but there is no bin\java.exe in it; set it to a JDK 17 or later
exit /b 1

:javaOnPath
set "JAVA=java"
set "JAR=jar"
where java >nul 2>nul && goto findMaven
>&2 echo mvnw: no Java found; install a JDK 17 or later, and set JAVA_HOME or put java on the PATH
exit /b 1

:findMaven
if not defined MAVEN_HOME goto mavenOnPath
set "MVN=%MAVEN_HOME%\bin\mvn.cmd"
if not exist "%MVN%" goto mavenOnPath
call :suitable && goto run

:mavenOnPath
set "MVN="
for /f "delims=" %%f in ('where mvn.cmd 2^>nul') do if not defined MVN set "MVN=%%f"
if not defined MVN goto pinned
call :suitable && goto run

:pinned
set "URL="
set "EXPECTED="
for /f "usebackq eol=# tokens=1,* delims==" %%a in ("%WRAPPER%\maven-wrapper.properties") do (
	if "%%a"=="distributionUrl" set "URL=%%b"
	if "%%a"=="distributionSha512Sum" set "EXPECTED=%%b"
)
if not defined URL goto incomplete
if not defined EXPECTED goto incomplete
for %%f in ("%URL%") do set "ARCHIVE=%%~nxf"
set "NAME=%ARCHIVE:-bin.zip=%"
set "VERSION=%NAME:apache-maven-=%"
if defined MVNW_REPOURL set "URL=%MVNW_REPOURL%/org/apache/maven/apache-maven/%VERSION%/%ARCHIVE%"

@rem The checksum is part of the path, so that another pin never meets an old installation.
set "DISTS=%USERPROFILE%\.m2\wrapper\dists"
if defined MAVEN_USER_HOME set "DISTS=%MAVEN_USER_HOME%\wrapper\dists"
set "INSTALLED=%DISTS%\%NAME%-%EXPECTED:~0,16%"
set "MVN=%INSTALLED%\bin\mvn.cmd"
if exist "%MVN%" goto run

set "WORK=%DISTS%\.%NAME%.%RANDOM%%RANDOM%"
mkdir "%WORK%" || exit /b 1
>&2 echo mvnw: no installed Maven is 3.8 or a later 3; downloading %URL%
call :download
if errorlevel 1 (
	>&2 echo mvnw: cannot download; install Maven 3.8 or later, or set MVNW_REPOURL to a mirror
	goto discard
)
set "ACTUAL="
for /f "delims=" %%s in ('call "%JAVA%" "%WRAPPER%\Fetch.java" sha512 "%WORK%\%ARCHIVE%"') do set "ACTUAL=%%s"
if /i not "%ACTUAL%"=="%EXPECTED%" (
	>&2 echo mvnw: refused the download: its SHA-512 is %ACTUAL%, not %EXPECTED%
	goto discard
)
pushd "%WORK%"
where tar >nul 2>nul && (tar -xf "%ARCHIVE%") || ("%JAR%" xf "%ARCHIVE%")
popd
if not exist "%WORK%\%NAME%\bin\mvn.cmd" (
	>&2 echo mvnw: cannot unpack %ARCHIVE%: neither tar nor the jar tool of a JDK did it
	goto discard
)
@rem Another build may have been faster, and then its copy is as good.
if not exist "%INSTALLED%" move "%WORK%\%NAME%" "%INSTALLED%" >nul
rmdir /s /q "%WORK%"

:run
call "%MVN%" %*
exit /b %ERRORLEVEL%

:discard
rmdir /s /q "%WORK%"
exit /b 1

:incomplete
>&2 echo mvnw: %WRAPPER%\maven-wrapper.properties lacks distributionUrl or distributionSha512Sum
exit /b 1

@rem Maven 4 is another matter: the build was never tried with it.
:suitable
for /f "tokens=3" %%v in ('call "%MVN%" -B --version 2^>nul ^| findstr /c:"Apache Maven"') do (
	for /f "tokens=1,2 delims=." %%i in ("%%v") do if "%%i"=="3" if %%j geq 8 exit /b 0
)
exit /b 1

:download
where curl >nul 2>nul || goto downloadWithJava
curl -fsSL --retry 3 -o "%WORK%\%ARCHIVE%" "%URL%"
exit /b %ERRORLEVEL%

:downloadWithJava
"%JAVA%" "%WRAPPER%\Fetch.java" get "%URL%" "%WORK%\%ARCHIVE%"
exit /b %ERRORLEVEL%
