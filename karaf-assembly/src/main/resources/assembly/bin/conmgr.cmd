@echo off
rem Runs conmgr or a watchdog in the foreground: bin/conmgr for Windows. Tried under Wine only. See :usage.
setlocal EnableExtensions DisableDelayedExpansion

for %%i in ("%~dp0..") do set "home=%%~fi"
set "base=%CMDATA%"
if not defined base set "base=%home%"
set "shell=false"

:arguments
if "%~1" == "" goto java
if "%~1" == "-D" goto directory
if "%~1" == "--shell" goto shell
if "%~1" == "-h" goto usage
if "%~1" == "--help" goto usage
echo conmgr: %~1: not an option (expected: -D DIR, --shell or --help)>&2
exit /b 1

:directory
if "%~2" == "" (
    echo conmgr: -D: expected a directory>&2
    exit /b 1
)
set "base=%~2"
shift
shift
goto arguments

:shell
set "shell=true"
shift
goto arguments

:usage
echo usage: conmgr [-D DIR] [--shell]
echo.
echo Runs in the foreground until Ctrl-C. What it is, conmgr, watchdog or both, follows from what is configured.
echo.
echo   -D DIR    the conmgr directory: conmgr.conf, etc\ (configuration), data\ (log, state), deploy\. Made and filled if
echo             it is missing or empty. Without -D: %%CMDATA%%, else the directory of this distribution, if it is writable.
echo   --shell   a Karaf shell on this terminal; leaving it stops the process
echo.
echo environment: JAVA_HOME, JAVA_OPTS (behind the options set here, so they win)
exit /b 0

:java
if defined JAVA_HOME goto java_home
set "java=java.exe"
where /q java.exe
if not errorlevel 1 goto run
echo conmgr: no java: set JAVA_HOME, or have a JDK or JRE 17 on the PATH>&2
exit /b 1

:java_home
set "java=%JAVA_HOME%\bin\java.exe"
if exist "%java%" goto run
echo conmgr: JAVA_HOME: there is no "%java%">&2
exit /b 1

:run

rem Without a backslash at the end, which would escape the quote behind it.
for %%i in ("%base%\.") do set "base=%%~fi"
if "%base:~-1%" == "\" set "base=%base%."
if not exist "%base%\" mkdir "%base%"
if not exist "%base%\" (
    echo conmgr: "%base%": cannot be made>&2
    exit /b 1
)
cd /d "%base%"
if errorlevel 1 exit /b 1

set "classpath="
call :add_all "%home%\lib\boot"
call :add_all "%home%\lib\jdk9plus"
call :add_all "%home%\lib\cm_ctl"
call :add_versions "%home%\system\org\apache\felix\org.apache.felix.framework"
call :add_versions "%home%\system\org\conmgr\org.conmgr.config"
call :add_versions "%home%\system\org\conmgr\org.conmgr.api"

rem What bin/conmgr does to the directory before, ConmgrProcess does here.
"%java%" ^
    -XX:+UseSerialGC -Xms16m -Xmn8m -Xmx256m -Xss512k -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError ^
    -XX:+PerfDisableSharedMem ^
    %JAVA_OPTS% ^
    --add-opens java.base/java.lang=ALL-UNNAMED ^
    --add-opens java.base/java.net=ALL-UNNAMED ^
    --add-opens java.base/java.security=ALL-UNNAMED ^
    --add-opens java.base/java.util=ALL-UNNAMED ^
    --add-opens java.naming/javax.naming.spi=ALL-UNNAMED ^
    --add-opens java.rmi/sun.rmi.transport.tcp=ALL-UNNAMED ^
    --add-exports java.base/sun.net.www.protocol.file=ALL-UNNAMED ^
    --add-exports java.base/sun.net.www.protocol.jar=ALL-UNNAMED ^
    --add-exports java.rmi/sun.rmi.registry=ALL-UNNAMED ^
    -Dkaraf.home="%home%" ^
    -Dkaraf.base="%base%" ^
    -Dkaraf.data="%base%\data" ^
    -Dkaraf.etc="%base%\etc" ^
    -Dkaraf.log="%base%\data\log" ^
    -Dkaraf.instances="%base%\data\instances" ^
    -Dkaraf.lock.dir="%base%\data" ^
    -Dkaraf.pid.file="%base%\data\karaf.pid" ^
    -Dkaraf.shutdown.port=-1 ^
    -Dkaraf.startLocalConsole=%shell% ^
    -Dkaraf.startRemoteShell=false ^
    -Djava.io.tmpdir="%base%\data\tmp" ^
    -Djava.util.logging.config.file="%base%\etc\java.util.logging.properties" ^
    -classpath "%classpath%" ^
    org.conmgr.cmctl.ConmgrProcess
exit /b %ERRORLEVEL%

:add_versions
pushd "%~1"
for /d %%d in (*) do call :add_all "%%~fd"
popd
exit /b 0

:add_all
pushd "%~1"
for %%j in (*.jar) do call :add "%%~fj"
popd
exit /b 0

:add
if defined classpath set "classpath=%classpath%;"
set "classpath=%classpath%%~1"
exit /b 0
