@echo off
rem The one way in on Windows: build VERB [options]. The core and its tests; the rest needs Linux, and is told so.
setlocal
set ROOT=%~dp0
set DOTNET_CLI_TELEMETRY_OPTOUT=1
set DOTNET_NOLOGO=1
set VERB=%~1
if "%VERB%"=="" set VERB=help
if /i "%VERB%"=="help" goto help
if /i "%VERB%"=="clean" goto clean
for %%v in (run install model fuzz guest) do if /i "%VERB%"=="%%v" (
    echo build.cmd: %%v needs Linux ^(WSL will do^): ./build.sh %%v 1>&2
    exit /b 1
)
for %%v in (test perf pack format) do if /i "%VERB%"=="%%v" goto sdk
echo build.cmd: no verb '%VERB%'; see build help 1>&2
exit /b 2

:sdk
dotnet --version 2>nul | findstr /b "10." >nul
if errorlevel 1 (
    echo build.cmd: .NET 10 SDK is missing; install it from https://dot.net/download 1>&2
    exit /b 1
)
goto %VERB%

:help
echo usage: build VERB [options]
echo.
echo   test     builds all and runs the NUnit tests; options go to dotnet test
echo   perf     measurements beside their references, those that need no C compiler; options go to the program
echo   pack     makes the NuGet package in artifacts\packages
echo   format   formats the C# sources
echo   clean    removes artifacts\, all that builds and tests leave behind
echo   help     this text
echo.
echo   run, install and what else concerns the native library need Linux: ./build.sh help
exit /b 0

:clean
if exist "%ROOT%artifacts" rmdir /s /q "%ROOT%artifacts"
exit /b 0

:test
dotnet test "%ROOT%Core.Tests" -c Release --nologo -warnaserror %2 %3 %4 %5 %6 %7 %8 %9
exit /b %errorlevel%

:perf
dotnet run --project "%ROOT%Perf" -c Release -- %2 %3 %4 %5 %6 %7 %8 %9
exit /b %errorlevel%

:pack
dotnet pack "%ROOT%Core" -c Release -o "%ROOT%artifacts\packages"
exit /b %errorlevel%

:format
dotnet format whitespace "%ROOT%NvmeDoorbell.sln" %2 %3
exit /b %errorlevel%
