# %% [markdown] lang="vi"
# # Câu hỏi trắc nghiệm
#
# *Bạn đã hiểu đến đâu?* Mười câu đầu là phần IV của đề bài: câu chữ được viết lại, còn thứ tự và đáp án giữ nguyên. Sau đó là những câu hỏi thêm: tính tay, kích thước tensor,
# đọc hình, tìm lỗi trong code. Bài học nào cũng có vài câu. Mỗi phương án có lời giải thích riêng, kèm đường dẫn đến bài học trả lời câu hỏi.

# %% [markdown] lang="en"
# # The quiz
#
# *How much of it have you understood?* The first ten questions are part IV of the handout: reworded, in the same order and with the same keys. After them come more: sums by hand,
# shapes of tensors, figures to read, bugs to find in code. Every lesson has a few. Every option has an explanation of its own, and a link to the lesson that answers the question.

# %% [markdown] lang="vi"
# ## 1 · Mười câu của đề bài
#
# **Trước hết hãy chạy ô dưới đây (Shift+Enter):** danh sách câu hỏi sẽ trở thành bài trắc nghiệm để bạn chọn đáp án.
#
# Chọn một đáp án rồi bấm **Kiểm tra**. Dùng bàn phím cũng được: phím Tab để đến các đáp án, phím mũi tên để chọn, Tab đến nút rồi phím cách để bấm. Sai thì đọc lời giải thích rồi chọn lại.

# %% [markdown] lang="en"
# ## 1 · The handout's ten questions
#
# **First run the next cell (Shift+Enter):** the list of questions becomes a quiz in which you can choose answers.
#
# Choose an answer and press **Check**. The keyboard works too: Tab leads to the answers, the arrow keys choose, Tab leads on to the button and Space presses it. If you are wrong, read the explanation and choose again.

# %%
from vae_helpers.quiz import Quiz

quiz = Quiz()
quiz.show()

# %% [markdown] lang="vi"
# *Khi không có kernel, ô trên chỉ liệt kê câu hỏi, không có đáp án.* Câu trả lời được lưu vào tệp `quiz_answers.json` cạnh notebook này, nên lần sau mở lại vẫn còn. **Làm lại, xáo đáp án** cho bạn làm lại từ đầu
# với các phương án đổi chỗ; **Chỉ những câu sai** giữ lại đúng những câu bạn cần xem lại.
#
# ## 2 · Câu hỏi thêm
#
# Lại chạy ô dưới đây trước (Shift+Enter). Lần này lời giải thích chỉ hiện ở cuối, khi bạn bấm **Nộp bài**, như khi làm bài thi.

# %% [markdown] lang="en"
# *Without a kernel the cell above only lists the questions, without answers.* Your answers are kept in the file `quiz_answers.json` beside this notebook, so they are still here next time. **Again, shuffled** starts over
# with the options in other places; **Only the wrong ones** leaves just the questions that you need to look at again.
#
# ## 2 · More questions
#
# Again run the next cell first (Shift+Enter). This time the explanations appear only at the end, when you press **Hand in**, as in an examination.

# %%
Quiz(questions="more", feedback="at the end").show()

# %% [markdown] lang="vi"
# Bạn cũng có thể chọn câu hỏi theo bài học và độ khó (1 đến 3), ví dụ:
#
# ```python
# Quiz(questions="all", lesson="04").show()
# Quiz(questions="all", difficulty=[2, 3]).show()
# ```
#
# ## 3 · Không dùng chuột: trong terminal hay trong một ô code
#
# `print(quiz)` in mọi câu hỏi, `quiz.print(1)` in một câu. Trả lời bằng `quiz.answer(1, "A")`: lời giải thích hiện ra ngay. `quiz.score()` cho biết (số câu đúng, số câu đã trả lời, tổng số câu).

# %% [markdown] lang="en"
# You can also choose questions by lesson and by difficulty (1 to 3), for example:
#
# ```python
# Quiz(questions="all", lesson="04").show()
# Quiz(questions="all", difficulty=[2, 3]).show()
# ```
#
# ## 3 · Without a mouse: in a terminal or in a cell
#
# `print(quiz)` prints all questions, `quiz.print(1)` prints one. Answer with `quiz.answer(1, "A")`: the explanation appears at once. `quiz.score()` gives (right, answered, total).

# %%
quiz.print(1)

# %%
quiz.score()

# %% [markdown] lang="vi"
# ## 4 · Nộp câu trả lời cho giảng viên
#
# Điền họ tên rồi chạy ô dưới đây: nó ghi một tệp chứa các câu trả lời của bạn, kèm số lần thử và thời điểm trả lời, nhưng không chứa đáp án. Hãy gửi tệp đó cho giảng viên.

# %% [markdown] lang="en"
# ## 4 · Sending your answers to the instructor
#
# Fill in your name and run the cell below: it writes a file with your answers, your attempts and their times, without the keys. Send that file to your instructor.

# %%
name = ""  # tr("họ tên của bạn", "your name")
if name:
    Quiz(questions="all").export(f"quiz_{name}.json", name=name)

# %% [markdown] lang="vi"
# ## Tóm tắt
#
# - Mười câu của đề bài và những câu hỏi thêm, mỗi phương án một lời giải thích.
# - Câu trả lời nằm trong `quiz_answers.json`; tắt kernel không làm mất chúng.
# - Câu nào sai, hãy mở bài học có đường dẫn ở lời giải thích, chạy lại các ô ở đó, rồi quay lại thử lần nữa.

# %% [markdown] lang="en"
# ## Recap
#
# - The handout's ten questions and more, with an explanation for every option.
# - Your answers are in `quiz_answers.json`; stopping the kernel does not lose them.
# - Where you were wrong, open the lesson that is named, run its cells again, and come back for another try.
